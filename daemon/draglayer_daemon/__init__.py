"""The daemon: gateway, worker, command line. Only the worker imports torch."""
