"""What packages offer, as data, and what a name means in it.

Catalogues are read, indexed, looked up and queried here. Nothing is imported from the packages that
ship them, and neither torch nor the classes that are made from this data are known.
"""
