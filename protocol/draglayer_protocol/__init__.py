"""What editors and the daemon say to each other. Standard library and msgpack only; copied into the plugins."""
