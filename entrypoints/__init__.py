"""The web process, the worker, the relay, the command line, the map of events. Knows everyone; known by no one."""
