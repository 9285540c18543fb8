"""Why a face looks as it does: action units, and a regression on them that people can read."""
