"""From bytes to samples: what a recording holds, its 16 kHz samples on disk, and where speech is in them."""
