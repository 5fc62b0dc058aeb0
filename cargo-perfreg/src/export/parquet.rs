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
use crate::export::columns::{COLUMNS, Column};

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
                    let values: Vec<i64> = group.iter().map(|row| i64::from(of(row))).collect();
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
            let (kind, repetition) = match column {
                Column::Text(..) => (Physical::BYTE_ARRAY, Repetition::OPTIONAL),
                Column::Number(..) => (Physical::DOUBLE, Repetition::OPTIONAL),
                Column::Count(..) => (Physical::INT64, Repetition::REQUIRED),
            };
            let text = matches!(column, Column::Text(..)).then_some(LogicalType::String);
            let field = Type::primitive_type_builder(column.name(), kind)
                .with_repetition(repetition)
                .with_logical_type(text);
            Ok(Arc::new(field.build()?))
        })
        .collect();
    let schema = Type::group_type_builder("perfreg").with_fields(fields?);
    Ok(Arc::new(schema.build()?))
}
