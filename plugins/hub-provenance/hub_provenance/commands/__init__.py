"""The commands of this distribution, one module each, with its line of help beside it."""
