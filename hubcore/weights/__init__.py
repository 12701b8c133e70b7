"""Weights as objects: the value, the enum class, its look-up, and what is done with sets of them.

Lock files, bundles and registration deal with such sets. Models are not known here: no module is
built and no tensor is put into one.
"""
