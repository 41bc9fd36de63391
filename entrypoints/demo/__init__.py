"""The believable market of `make demo`, made with the verbs of the house and the stand-ins."""
