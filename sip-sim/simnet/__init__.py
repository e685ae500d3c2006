"""The simulated telephone network: a carrier, its subscribers and the operators' phones."""
