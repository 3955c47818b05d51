"""A reader's own firm files → the three canonical tables: accounts, financing events, projects.

Every format is a column map in config/sources/firms/; code is here only for what a map cannot say.
"""
