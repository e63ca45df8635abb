"""Raw ADC recordings of a DCA1000 (`.bin`, `.pcap`) to IF cubes, and IF cubes to recordings."""
