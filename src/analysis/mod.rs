//! Pure functions from telemetry to facts.
