//! Properties of the JSON mapping: what is written can be read, in both casings, for random messages; and whatever is
//! read, nothing panics.

use std::collections::HashMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};
use serde_json::{Value as Json, json};

use super::casing::Case;
use super::decode::Decoder;
use super::encode::Style;
use super::words::Words;
use crate::lab;
use crate::refusal::Refusal;

static WORDS: LazyLock<Words> = LazyLock::new(|| Words::read(lab::pool()));

fn read(descriptor: &MessageDescriptor, json: Json) -> Result<DynamicMessage, Refusal> {
    let mut decoder = Decoder::new(&WORDS);
    let mut message = DynamicMessage::new(descriptor.clone());
    match json {
        Json::Object(object) => decoder.message(&mut message, object),
        _ => decoder.report.wrong("must be an object"),
    }
    decoder.report.finish().map(|()| message)
}

fn write(message: &DynamicMessage, case: Case) -> Json {
    serde_json::from_slice(&Style { words: &WORDS, case }.write(message, None).unwrap()).unwrap()
}

/// The message as its receiver sees it: fields with their zero value are not there.
fn received(message: &DynamicMessage) -> DynamicMessage {
    use prost_reflect::ReflectMessage as _;
    DynamicMessage::decode(message.descriptor(), message.encode_to_vec().as_slice()).unwrap()
}

/// Random bytes that decide what a message looks like; when they run out, everything is zero.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn bits(&mut self) -> u64 {
        (0..8).fold(0, |bits, _| bits << 8 | u64::from(self.byte()))
    }

    fn text(&mut self) -> String {
        let bytes: Vec<u8> = (0..self.byte() % 8).map(|_| self.byte()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn number(&mut self) -> f64 {
        let number = f64::from_bits(self.bits());
        if number.is_nan() { 0.0 } else { number }
    }

    fn message(&mut self, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            if self.byte() % 2 == 1 && !self.0.is_empty() {
                let value = self.field(&field, depth);
                message.set_field(&field, value);
            }
        }
        message
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let kind = field.kind();
        match &kind {
            Kind::Message(entry) if field.is_map() => {
                let mut map = HashMap::new();
                for _ in 0..self.byte() % 4 {
                    let key = match entry.map_entry_key_field().kind() {
                        Kind::String => MapKey::String(self.text()),
                        _ => MapKey::I32(self.bits() as i32),
                    };
                    map.insert(key, self.single(&entry.map_entry_value_field().kind(), depth));
                }
                Value::Map(map)
            }
            _ if field.is_list() => {
                Value::List((0..self.byte() % 4).map(|_| self.single(&kind, depth)).collect())
            }
            _ => self.single(&kind, depth),
        }
    }

    fn single(&mut self, kind: &Kind, depth: usize) -> Value {
        match kind {
            Kind::Double => Value::F64(self.number()),
            Kind::Float => Value::F32(f32::from_bits(self.bits() as u32)).clone_without_nan(),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(self.bits() as i32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(self.bits() as i64),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(self.bits() as u32),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(self.bits()),
            Kind::Bool => Value::Bool(self.byte() % 2 == 1),
            Kind::String => Value::String(self.text()),
            Kind::Bytes => Value::Bytes(self.text().into_bytes().into()),
            Kind::Enum(descriptor) => {
                let values: Vec<i32> = descriptor.values().map(|value| value.number()).collect();
                Value::EnumNumber(values[usize::from(self.byte()) % values.len()])
            }
            Kind::Message(descriptor) => Value::Message(match descriptor.full_name() {
                "google.protobuf.Timestamp" => {
                    let seconds = (self.bits() % 253_402_300_800) as i64;
                    special(
                        descriptor,
                        [Value::I64(seconds), Value::I32((self.bits() % 1_000_000_000) as i32)],
                    )
                }
                "google.protobuf.Duration" => {
                    let seconds = (self.bits() % 315_576_000_000) as i64;
                    special(
                        descriptor,
                        [Value::I64(seconds), Value::I32((self.bits() % 1_000_000_000) as i32)],
                    )
                }
                "google.protobuf.Int64Value" => special(descriptor, [Value::I64(self.bits() as i64)]),
                "google.protobuf.FieldMask" => {
                    special(descriptor, [Value::List(vec![Value::String("inner.tag_names".to_owned())])])
                }
                "google.protobuf.Struct" => {
                    let json = json!({self.text(): [1, "two", null, {"three": false}]});
                    DynamicMessage::deserialize(descriptor.clone(), json).unwrap()
                }
                "google.protobuf.Value" => {
                    DynamicMessage::deserialize(descriptor.clone(), json!(self.text())).unwrap()
                }
                _ if depth == 0 => DynamicMessage::new(descriptor.clone()),
                _ => self.message(descriptor, depth - 1),
            }),
        }
    }
}

fn special<const N: usize>(descriptor: &MessageDescriptor, values: [Value; N]) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for (field, value) in descriptor.fields().zip(values) {
        message.set_field(&field, value);
    }
    message
}

trait WithoutNan {
    fn clone_without_nan(self) -> Self;
}

impl WithoutNan for Value {
    fn clone_without_nan(self) -> Self {
        match self {
            Value::F32(value) if value.is_nan() => Value::F32(0.0),
            other => other,
        }
    }
}

/// Any JSON, not too deep.
fn any_json() -> impl Strategy<Value = Json> {
    let names =
        ["text", "inner", "deeperStill", "by_name", "colour", "madeAt", "anything", "value", "words", "x"];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
        proptest::sample::select(&["azure", "2026-01-31T12:00:00Z", "1.5s", "a.b", "7"][..])
            .prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        let name =
            prop_oneof![proptest::sample::select(names.to_vec()).prop_map(ToOwned::to_owned), ".{0,4}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            proptest::collection::vec((name, inner), 0..8).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..1500)) {
        let message = Choices(&bytes).message(&lab::sample(), 3);
        for case in [Case::Snake, Case::Camel] {
            let json = write(&message, case);
            let read = read(&lab::sample(), json.clone()).map_err(|refusal| {
                TestCaseError::fail(format!("{json} is refused: {:?}", refusal.details()))
            })?;
            // Not prop_assert_eq: the Debug of a message that nests itself never ends.
            prop_assert!(received(&read) == received(&message), "{} became {}", json, write(&read, case));
        }
    }

    #[test]
    fn any_json_is_read_or_refused(json in any_json()) {
        // What is read is a message that can be sent and written again.
        if let Ok(message) = read(&lab::sample(), json) {
            received(&message);
            write(&message, Case::Camel);
        }
    }
}

#[test]
fn zero_values_are_written_and_absent_ones_are_not() {
    let json = write(&DynamicMessage::new(lab::sample()), Case::Snake);
    assert_eq!((&json["text"], &json["small"], &json["words"]), (&json!(""), &json!(0), &json!([])));
    assert_eq!(
        (&json["large"], &json["colour"], &json["by_name"]),
        (&json!("0"), &json!("unspecified"), &json!({}))
    );
    for absent in ["inner", "maybe_small", "maybe_text", "chosen_text", "made_at", "wrapped"] {
        assert!(json.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn names_follow_the_case_all_the_way_down() {
    let json =
        json!({"inner": {"deeperStill": {"tag_names": ["x"]}}, "byName": {"keep_me": {"tagNames": []}}});
    let message = read(&lab::sample(), json).unwrap();
    let camel = write(&message, Case::Camel);
    assert_eq!(camel["inner"]["deeperStill"]["tagNames"], json!(["x"]));
    assert_eq!(camel["byName"]["keep_me"]["tagNames"], json!([]), "keys of maps are data");
    assert_eq!(write(&message, Case::Snake)["inner"]["deeper_still"]["tag_names"], json!(["x"]));
}

#[test]
fn every_wrong_field_is_named() {
    let wrong = json!({
        "text": 7,
        "colour": "red",
        "inner": {"tag_names": ["fine", 3], "nmae": "x"},
        "byName": {"a": {"name": true}},
        "by_number": {"one": true},
        "madeAt": "yesterday",
        "maybeSmall": 1, "maybe_small": 2,
        "chosen_text": "x", "chosen_colour": "blue",
        "colours": [null],
        "smal": 1,
    });
    let refusal = read(&lab::sample(), wrong).unwrap_err();
    let told: Vec<String> =
        refusal.details().iter().map(|each| format!("{} {}", each.field, each.description)).collect();
    assert_eq!(
        told,
        [
            "text must be text",
            "colour must be one of blue, sea-green",
            "inner.tag_names[1] must be text",
            "inner.nmae is not a field here; did you mean name?",
            "by_name.a.name must be text",
            "by_number.one the key must be a whole number between -2147483648 and 2147483647",
            "made_at must be a time such as 2026-01-31T12:00:00Z",
            "maybe_small is given twice",
            "chosen_colour must not stand beside chosen_text",
            "colours[0] must be one of blue, sea-green",
            "smal is not a field here; did you mean small?",
        ]
    );
}

#[test]
fn null_is_absence_but_where_it_is_a_value() {
    let message =
        read(&lab::sample(), json!({"text": null, "inner": null, "words": null, "value": null})).unwrap();
    let json = write(&message, Case::Snake);
    assert_eq!(json["text"], "");
    assert!(json.get("inner").is_none());
    assert_eq!(json.get("value"), Some(&Json::Null));
}

#[test]
fn nesting_ends() {
    let deep = (0..100).fold(json!({}), |inner, _| json!({"deeper_still": inner}));
    let refusal = read(&lab::sample(), json!({"inner": deep})).unwrap_err();
    assert_eq!(refusal.details()[0].description, "is nested too deeply");
    // prost decodes 100 levels, and a JSON list is two of them.
    let lists = (0..120).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(read(&lab::sample(), json!({"value": lists})).unwrap_err().details()[0].field, "value");
}
