use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

/// Namespace and name of a Table.
pub type TableKey = (String, String);

/// A Table's claim to a location. Order is age: the oldest claim comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// Creation of the Table.
    pub created: Timestamp,
    /// Its namespace and name, which decide between Tables of the same second.
    pub table: TableKey,
}

/// Where each Table says its data is, so that two Tables over the same data are found without comparing all of them.
///
/// Locations overlap when they are equal or one contains the other, on the same endpoint.
#[derive(Debug, Default)]
pub struct Locations {
    claims: BTreeMap<(String, String), Vec<Claim>>,
    places: HashMap<TableKey, (String, String)>,
}

impl Locations {
    /// Records that `claim`'s Table is at `location` of `endpoint`, and nowhere else.
    pub fn put(&mut self, claim: Claim, endpoint: &str, location: &str) {
        self.remove(&claim.table);
        let place = (endpoint.to_owned(), location.to_owned());
        self.places.insert(claim.table.clone(), place.clone());
        self.claims.entry(place).or_default().push(claim);
    }

    /// Forgets a Table.
    pub fn remove(&mut self, table: &TableKey) {
        let Some(place) = self.places.remove(table) else { return };
        if let Some(claims) = self.claims.get_mut(&place) {
            claims.retain(|claim| claim.table != *table);
            if claims.is_empty() {
                self.claims.remove(&place);
            }
        }
    }

    /// The oldest other Table whose location overlaps that of `table`, if it is older.
    pub fn older(&self, table: &TableKey) -> Option<TableKey> {
        let overlapping = self.overlapping(table);
        let own = overlapping.iter().find(|claim| claim.table == *table)?;
        overlapping.iter().min().filter(|oldest| *oldest < own).map(|oldest| oldest.table.clone())
    }

    /// The other Tables whose locations overlap that of `table`.
    pub fn neighbours(&self, table: &TableKey) -> Vec<TableKey> {
        self.overlapping(table)
            .into_iter()
            .filter(|claim| claim.table != *table)
            .map(|claim| claim.table.clone())
            .collect()
    }

    fn overlapping(&self, table: &TableKey) -> Vec<&Claim> {
        let Some((endpoint, location)) = self.places.get(table) else { return Vec::new() };
        let at = |location: &str| self.claims.get(&(endpoint.clone(), location.to_owned()));
        let above = location.match_indices('/').filter_map(|(end, _)| at(&location[..end]));
        let inside = (endpoint.clone(), format!("{location}/"));
        let beyond = (endpoint.clone(), format!("{location}0"));
        let below = self.claims.range(inside..beyond).map(|(_, claims)| claims);
        above.chain(at(location)).chain(below).flatten().collect()
    }
}

#[cfg(test)]
mod tests;
