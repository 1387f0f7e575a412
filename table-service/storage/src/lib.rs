//! Object storage for table services: locations, put-if-absent with read-back, metering.
