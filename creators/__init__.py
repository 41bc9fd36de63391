"""People: creators, applications, collaborations, shows, the live room, attribution."""
