#!/usr/bin/env python3
"""GIMP starts this file: it has to be executable, and named as the folder that it lies in."""

import sys

from draglayer_gimp.plugin import main

if __name__ == "__main__":
    main(sys.argv)
