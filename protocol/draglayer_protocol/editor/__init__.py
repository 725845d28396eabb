"""What Krita's and GIMP's plugins share: dragging as a tool, without a toolkit and without a host."""
