"""House rules: chat filter, sanctions, reports, decisions with reasons. Imports only the ground; knows no brand and no show."""
