"""From scatterers to IF samples: the exact sum, the fast sum and the receiver."""
