"""Ready-made layouts for control surfaces: one description, written for Open Stage Control and for TouchOSC."""
