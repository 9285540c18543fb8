"""Raw photographs in label folders become a data set: faces of one size, split, numbered, with a manifest.

    RAW ─scan→ journal ─find, crop, hash→ journal ─group, split→ journal ─write→ DATA
        (paths)  (SQLite) (all cores)              (near-copies)          (one rename)

The journal lies in a hidden folder beside DATA until all is done. A run that was stopped, however hard, goes on
from it, and ends with what a run without a stop would have given: every order is that of the paths.
"""
