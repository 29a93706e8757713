//! Scalars: JSON and text in, as protobuf's JSON mapping has them.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost_reflect::{Kind, MapKey, Value};
use serde_json::Value as Json;

/// Up to here a JSON number with a decimal point or an exponent is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

const PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PADDING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, PADDING);

/// Reads a scalar; the error says what it must be. Messages and enums are not scalars.
pub(crate) fn decode(kind: &Kind, json: Json) -> Result<Value, String> {
    match kind {
        Kind::Double => float(&json).map(Value::F64),
        Kind::Float => single(&json).map(Value::F32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => integer(&json).map(Value::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => integer(&json).map(Value::I64),
        Kind::Uint32 | Kind::Fixed32 => integer(&json).map(Value::U32),
        Kind::Uint64 | Kind::Fixed64 => integer(&json).map(Value::U64),
        Kind::Bool => json.as_bool().map(Value::Bool).ok_or_else(|| "must be true or false".to_owned()),
        Kind::String => match json {
            Json::String(text) => Ok(Value::String(text)),
            _ => Err("must be text".to_owned()),
        },
        Kind::Bytes => bytes(&json),
        Kind::Message(_) | Kind::Enum(_) => Err("must not be here".to_owned()),
    }
}

/// The JSON of a scalar that came as text, in a path or a query string.
pub(crate) fn from_text(kind: &Kind, text: &str) -> Json {
    match (kind, text) {
        (Kind::Bool, "true") => Json::Bool(true),
        (Kind::Bool, "false") => Json::Bool(false),
        _ => Json::String(text.to_owned()),
    }
}

/// The key of a map entry, which JSON can only have as text.
pub(crate) fn map_key(kind: &Kind, text: &str) -> Result<MapKey, String> {
    decode(kind, from_text(kind, text))?.into_map_key().ok_or_else(|| "must not be here".to_owned())
}

/// A whole number: as a number, or as text, which is how JSON carries 64 bits unharmed.
fn integer<T: TryFrom<i128> + Bounds>(json: &Json) -> Result<T, String> {
    let number = match json {
        Json::Number(number) => {
            let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            whole.or_else(|| number.as_f64().filter(|float| is_exact(*float)).map(|float| float as i128))
        }
        Json::String(text) if text.len() <= 20 && !text.starts_with('+') => text.parse().ok(),
        _ => None,
    };
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("must be a whole number between {} and {}", T::LOWEST, T::HIGHEST))
}

fn is_exact(float: f64) -> bool {
    float.fract() == 0.0 && float.abs() <= EXACT
}

fn float(json: &Json) -> Result<f64, String> {
    let number = match json {
        Json::Number(number) => number.as_f64().filter(|float| float.is_finite()),
        Json::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            // Rust reads more words than JSON has, such as `inf`.
            _ if text.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-') => {
                text.parse().ok().filter(|float: &f64| float.is_finite())
            }
            _ => None,
        },
        _ => None,
    };
    number.ok_or_else(|| "must be a number".to_owned())
}

fn single(json: &Json) -> Result<f32, String> {
    let wide = float(json)?;
    let narrow = wide as f32;
    if wide.is_finite() && narrow.is_infinite() {
        return Err("must be a number of single precision".to_owned());
    }
    Ok(narrow)
}

/// Standard or URL-safe alphabet, with or without padding.
fn bytes(json: &Json) -> Result<Value, String> {
    let text = json.as_str().ok_or("must be base64 text")?;
    let decoded = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text));
    decoded.map(|bytes| Value::Bytes(bytes.into())).map_err(|_| "must be base64 text".to_owned())
}

trait Bounds {
    const LOWEST: i128;
    const HIGHEST: i128;
}

macro_rules! bounds {
    ($($kind:ty),*) => {
        $(impl Bounds for $kind {
            const LOWEST: i128 = <$kind>::MIN as i128;
            const HIGHEST: i128 = <$kind>::MAX as i128;
        })*
    };
}

bounds!(i32, u32, i64, u64);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers() {
        for fine in [json!(7), json!("7"), json!(7.0), json!(0.7e1)] {
            assert_eq!(decode(&Kind::Int32, fine.clone()), Ok(Value::I32(7)), "{fine}");
        }
        for bad in [
            json!(7.5),
            json!("7.5"),
            json!(""),
            json!("+7"),
            json!(true),
            json!(2_147_483_648_i64),
            json!([7]),
        ] {
            assert!(decode(&Kind::Int32, bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(decode(&Kind::Uint64, json!(u64::MAX)), Ok(Value::U64(u64::MAX)));
        assert_eq!(decode(&Kind::Uint64, json!(u64::MAX.to_string())), Ok(Value::U64(u64::MAX)));
        assert!(decode(&Kind::Uint32, json!(-1)).is_err());
        assert!(decode(&Kind::Int64, json!(1e18)).is_err(), "not exact");
    }

    #[test]
    fn the_error_says_what_would_be_right() {
        let error = decode(&Kind::Uint32, json!("x")).unwrap_err();
        assert_eq!(error, "must be a whole number between 0 and 4294967295");
    }

    #[test]
    fn numbers_with_fractions() {
        assert_eq!(decode(&Kind::Double, json!("-1.5e3")), Ok(Value::F64(-1500.0)));
        assert_eq!(decode(&Kind::Double, json!("Infinity")), Ok(Value::F64(f64::INFINITY)));
        for bad in [json!("inf"), json!("nan"), json!("1e999"), json!(null), json!("")] {
            assert!(decode(&Kind::Double, bad.clone()).is_err(), "{bad}");
        }
        assert!(decode(&Kind::Float, json!(1e39)).is_err());
    }

    #[test]
    fn bytes_in_either_alphabet() {
        for text in ["+/8=", "-_8=", "+/8", "-_8"] {
            assert_eq!(
                decode(&Kind::Bytes, json!(text)),
                Ok(Value::Bytes(vec![0xfb, 0xff].into())),
                "{text}"
            );
        }
        assert!(decode(&Kind::Bytes, json!("not base64!")).is_err());
    }

    #[test]
    fn map_keys() {
        assert_eq!(map_key(&Kind::Bool, "true"), Ok(MapKey::Bool(true)));
        assert_eq!(map_key(&Kind::Int64, "-3"), Ok(MapKey::I64(-3)));
        assert!(map_key(&Kind::Bool, "yes").is_err());
    }
}
