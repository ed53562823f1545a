"""The core of roadie: everything that is true without any particular DAW or transport."""
