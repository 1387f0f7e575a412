//! Weir's Kubernetes API types and the generator of their manifests.
