"""Convert raw ADC recordings of a DCA1000 (`.bin`, `.pcap`) to IF cubes and back."""
