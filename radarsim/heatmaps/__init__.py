"""IF cube to time-range, time-Doppler and time-angle maps."""
