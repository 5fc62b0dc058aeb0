//! Parquet, for `DuckDB`, Spark or pandas: the columns of the CSV, with their types.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

use crate::error::Error;
use crate::export::Row;

/// What a column holds.
enum Column {
    Text(&'static str, fn(&Row) -> Option<String>),
    Number(&'static str, fn(&Row) -> Option<f64>),
    Count(&'static str, fn(&Row) -> i64),
}

/// The columns, in their order. New ones come last.
const COLUMNS: [Column; 17] = [
    Column::Text("started", |row| Some(row.started.clone())),
    Column::Text("commit", |row| row.commit.clone()),
    Column::Text("branch", |row| row.branch.clone()),
    Column::Text("test", |row| Some(row.test.clone())),
    Column::Text("case", |row| Some(row.case.clone())),
    Column::Text("metric", |row| Some(row.metric.name.clone())),
    Column::Text("unit", |row| Some(row.metric.unit.symbol().to_owned())),
    Column::Text("better", |row| Some(row.better().to_owned())),
    Column::Number("value", |row| Some(row.value)),
    Column::Number("low", |row| row.low),
    Column::Number("high", |row| row.high),
    Column::Count("launches", |row| i64::from(row.launches)),
    Column::Text("verdict", |row| Some(row.verdict.clone())),
    Column::Number("change", |row| row.change),
    Column::Text("host", |row| Some(row.host.clone())),
    Column::Text("toolchain", |row| Some(row.toolchain.clone())),
    Column::Text("profile", |row| Some(row.profile.clone())),
];

/// Rows of one group: as many as are held in memory twice.
const GROUP: usize = 100_000;

/// The rows as a file.
///
/// # Errors
/// If they cannot be encoded.
pub(crate) fn parquet(rows: &[Row]) -> Result<Vec<u8>, Error> {
    encoded(rows).map_err(|cause| Error::internal(format!("cannot write Parquet: {cause}")))
}

fn encoded(rows: &[Row]) -> Result<Vec<u8>, ParquetError> {
    // Dictionaries are what makes repeated names small; a compressor would be another dependency.
    let properties = WriterProperties::builder()
        .set_compression(Compression::UNCOMPRESSED)
        .set_created_by(concat!("cargo-perfreg ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema()?, Arc::new(properties))?;
    for group in rows.chunks(GROUP) {
        let mut writer = writer.next_row_group()?;
        for column in COLUMNS {
            let mut next = writer.next_column()?.ok_or_else(|| {
                ParquetError::General("the schema has fewer columns than rows do".to_owned())
            })?;
            match column {
                Column::Text(_, of) => {
                    let (values, there) = present(group, of);
                    let values: Vec<ByteArray> =
                        values.iter().map(|text| text.as_str().into()).collect();
                    next.typed::<ByteArrayType>().write_batch(&values, Some(&there), None)?;
                }
                Column::Number(_, of) => {
                    let (values, there) = present(group, of);
                    next.typed::<DoubleType>().write_batch(&values, Some(&there), None)?;
                }
                Column::Count(_, of) => {
                    let values: Vec<i64> = group.iter().map(of).collect();
                    next.typed::<Int64Type>().write_batch(&values, None, None)?;
                }
            }
            next.close()?;
        }
        writer.close()?;
    }
    writer.into_inner()
}

/// The values that are there, and for each row whether one is.
fn present<T>(rows: &[Row], of: fn(&Row) -> Option<T>) -> (Vec<T>, Vec<i16>) {
    let all: Vec<Option<T>> = rows.iter().map(of).collect();
    let there = all.iter().map(|value| i16::from(value.is_some())).collect();
    (all.into_iter().flatten().collect(), there)
}

fn schema() -> Result<TypePtr, ParquetError> {
    let fields: Result<Vec<TypePtr>, ParquetError> = COLUMNS
        .iter()
        .map(|column| {
            let (name, kind, repetition) = match column {
                Column::Text(name, _) => (*name, Physical::BYTE_ARRAY, Repetition::OPTIONAL),
                Column::Number(name, _) => (*name, Physical::DOUBLE, Repetition::OPTIONAL),
                Column::Count(name, _) => (*name, Physical::INT64, Repetition::REQUIRED),
            };
            let text = matches!(column, Column::Text(..)).then_some(LogicalType::String);
            let field = Type::primitive_type_builder(name, kind)
                .with_repetition(repetition)
                .with_logical_type(text);
            Ok(Arc::new(field.build()?))
        })
        .collect();
    let schema = Type::group_type_builder("perfreg").with_fields(fields?);
    Ok(Arc::new(schema.build()?))
}
