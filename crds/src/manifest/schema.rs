use serde_json::{Map, Value, json};

use super::properties;

/// Types of Kubernetes that a schema embeds; `kubectl explain pod.spec` describes them, and their descriptions would
/// be most of the size of a definition.
const EMBEDDED: &[&str] = &["affinity", "tolerations", "env", "envFrom"];

/// Longest name of an environment variable, so that the rule over names has a bounded cost.
const MAX_ENV_NAME: u64 = 256;

/// Turns a generated schema into the one that is published.
///
/// Optional means absent, so `nullable` goes. Unsigned formats become int64, which is all that the API machinery
/// knows. Defaults of the status go, except `observedGeneration: -1`: tools that read kstatus take an object without
/// one for ready.
pub(super) fn finish(root: &mut Value) {
    normalize(root);
    let Some(properties_of_root) = properties(root) else { return };
    if let Some(spec) = properties_of_root.get_mut("spec") {
        strip_embedded(spec);
    }
    if let Some(status) = properties_of_root.get_mut("status") {
        drop_defaults(status);
        status["default"] = json!({"observedGeneration": -1});
    }
}

fn normalize(schema: &mut Value) {
    each_object(schema, &mut |object| {
        object.remove("nullable");
        object.remove("title");
        if let Some(Value::Array(values)) = object.get_mut("enum") {
            values.retain(|value| !value.is_null());
        }
        if matches!(object.get("format").and_then(Value::as_str), Some("uint32" | "uint64" | "uint")) {
            object.insert("format".to_owned(), json!("int64"));
        }
        for bound in ["minimum", "maximum"] {
            if let Some(whole) = object.get(bound).and_then(Value::as_f64).and_then(whole_number) {
                object.insert(bound.to_owned(), whole);
            }
        }
        // The generator moves `type` out of the alternatives, where this one extension needs it.
        if object.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
            object.insert("anyOf".to_owned(), json!([{"type": "integer"}, {"type": "string"}]));
        }
    });
}

/// Bounds are floating-point numbers to the generator, which YAML would show as `100.0`.
fn whole_number(value: f64) -> Option<Value> {
    serde_json::from_str(&format!("{value:.0}")).ok().filter(|whole: &Value| whole.as_f64() == Some(value))
}

fn strip_embedded(schema: &mut Value) {
    each_object(schema, &mut |object| {
        for name in EMBEDDED {
            let Some(embedded) = object.get_mut("properties").and_then(|fields| fields.get_mut(*name)) else {
                continue;
            };
            let description = embedded.get("description").cloned();
            each_object(embedded, &mut |inner| {
                if inner.get("description").is_some_and(Value::is_string) {
                    inner.remove("description");
                }
            });
            if let Some(description) = description {
                embedded["description"] = description;
            }
            if *name == "env" {
                embedded["items"]["properties"]["name"]["maxLength"] = json!(MAX_ENV_NAME);
            }
        }
    });
}

fn drop_defaults(schema: &mut Value) {
    each_object(schema, &mut |object| {
        object.remove("default");
    });
}

/// Calls `change` for every object below and including `value`.
fn each_object(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            change(object);
            object.values_mut().for_each(|value| each_object(value, change));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| each_object(value, change)),
        _ => {}
    }
}
