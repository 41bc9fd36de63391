"""A stand-in of Mux: RTMP in, HLS out, with the calls, webhooks and tokens that the product uses.

`python -m sandbox.mux --help` lists its options. It is a separate program with its own store; what it
answers is compared with Mux's own description by the contract tests.
"""
