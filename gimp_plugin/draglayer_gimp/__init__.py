"""Draglayer in GIMP: what is selected may move, the picture in a layer that follows, from a dialog or from a batch."""
