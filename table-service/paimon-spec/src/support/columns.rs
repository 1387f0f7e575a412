//! What forbids compaction by the columns of the table.

use super::Refusal;
use crate::options::TableOptions;
use crate::schema::TableSchema;
use crate::types::{DataField, TypeKind};

pub(super) fn refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = schema.fields.iter().filter_map(column).collect();
    refusals.extend(keys(schema));
    refusals.extend(sequence_fields(schema, options));
    refusals
}

/// Paimon's generated comparators take NaN for equal to every number, and zeros of both signs for equal, while its sort
/// buffer tells them apart: its files need not be sorted as it merges them.
fn keys(schema: &TableSchema) -> Vec<Refusal> {
    let key = |name: &String| {
        let field = schema.field(name)?;
        matches!(field.data_type.kind, TypeKind::Float | TypeKind::Double).then(|| {
            Refusal::new(
                format!("primary key {name} of type {}", field.data_type.name()),
                "Paimon does not order floating-point keys in one way only",
                "use a key of another type, or compact the table with Paimon's own compaction",
            )
        })
    };
    schema.primary_keys.iter().filter(|name| !schema.partition_keys.contains(name)).filter_map(key).collect()
}

fn column(field: &DataField) -> Option<Refusal> {
    let reason = match &field.data_type.kind {
        TypeKind::Variant => "variants may be split over columns",
        TypeKind::Blob => "blobs live in files of their own",
        TypeKind::Geometry(_) | TypeKind::Geography(_) => "the column's logical type cannot be kept",
        TypeKind::Vector { .. } => "the column's encoding is not known",
        TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Row(_) => {
            "only columns of scalar types are rewritten"
        }
        _ => return None,
    };
    Some(Refusal::new(
        format!("column {} of type {}", field.name, field.data_type.name()),
        reason,
        "compact the table with Paimon's own compaction",
    ))
}

fn sequence_fields(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let Ok(names) = options.sequence_fields() else { return Vec::new() };
    names
        .iter()
        .filter_map(|name| {
            let reason = match schema.field(name) {
                None => "the schema has no such column",
                Some(field) if !field.data_type.is_scalar() => "the column's values have no order",
                Some(_) => return None,
            };
            let remedy = "name a column of a scalar type in sequence.field";
            Some(Refusal::new(format!("sequence.field = {name}"), reason, remedy))
        })
        .collect()
}
