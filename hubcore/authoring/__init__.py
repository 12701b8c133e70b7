"""What helps authors of plugins: starting a project, packing weights, writing a catalogue."""
