use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

/// Names of cached objects by a property of theirs, within a namespace.
///
/// An entry may outlive its object when a watch misses the deletion; whoever looks the name up finds nothing then.
#[derive(Debug, Default)]
pub struct Index {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    names: HashMap<(String, String), BTreeSet<String>>,
    properties: HashMap<(String, String), String>,
}

impl Index {
    /// Records that the object has `property`, and no other.
    pub fn put(&self, namespace: &str, name: &str, property: &str) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let object = (namespace.to_owned(), name.to_owned());
        if entries.properties.get(&object).is_some_and(|known| known == property) {
            return;
        }
        entries.remove(&object);
        entries.properties.insert(object, property.to_owned());
        let key = (namespace.to_owned(), property.to_owned());
        entries.names.entry(key).or_default().insert(name.to_owned());
    }

    /// Forgets an object.
    pub fn remove(&self, namespace: &str, name: &str) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(&(namespace.to_owned(), name.to_owned()));
    }

    /// Names of the objects that have `property`, in order.
    pub fn names(&self, namespace: &str, property: &str) -> Vec<String> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (namespace.to_owned(), property.to_owned());
        entries.names.get(&key).into_iter().flatten().cloned().collect()
    }
}

impl Entries {
    fn remove(&mut self, object: &(String, String)) {
        let Some(property) = self.properties.remove(object) else { return };
        let key = (object.0.clone(), property);
        if let Some(names) = self.names.get_mut(&key) {
            names.remove(&object.1);
            if names.is_empty() {
                self.names.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_by_its_latest_property_only() {
        let index = Index::default();
        index.put("sales", "a", "orders");
        index.put("sales", "b", "orders");
        index.put("sales", "a", "items");
        assert_eq!(index.names("sales", "orders"), ["b"]);
        assert_eq!(index.names("sales", "items"), ["a"]);
        assert!(index.names("other", "items").is_empty());
    }

    #[test]
    fn a_forgotten_object_leaves_nothing_behind() {
        let index = Index::default();
        index.put("sales", "a", "orders");
        index.remove("sales", "a");
        assert!(index.entries.lock().unwrap().names.is_empty());
        assert!(index.entries.lock().unwrap().properties.is_empty());
    }
}
