"""What packages offer, as data, and what names mean in it.

Catalogues are read, indexed and queried here. Nothing is imported from the packages that ship them,
and nothing depends on torch or on the classes that are made from this data.
"""
