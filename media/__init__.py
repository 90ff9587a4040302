"""Makes a file fit for screens: path in, path out. No database, no Flask."""
