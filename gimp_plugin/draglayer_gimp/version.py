"""What the plugin calls itself to the daemon."""

VERSION = "0.1.0"
