use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{WriterProperties, WriterVersion};

use crate::AnyError;
use crate::usage::Usage;

/// Decodes all files and encodes `rows` of their rows, an equal share of every batch, into memory
/// that is dropped: with dictionaries where the inputs have them, or with the library's defaults.
pub(crate) fn limit(rows: u64, inherited: bool, files: &[PathBuf]) -> Result<(), AnyError> {
    let usage = Usage::start()?;
    let options = || ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let open = |path: &PathBuf| -> Result<_, AnyError> {
        Ok(ParquetRecordBatchReaderBuilder::try_new_with_options(File::open(path)?, options())?)
    };
    let first = open(files.first().ok_or("no file to read")?)?;
    let properties = properties(first.metadata(), inherited)?;
    let mut total = 0;
    for path in files {
        total += open(path)?.metadata().file_metadata().num_rows().unsigned_abs();
    }
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(std::io::sink(), Arc::clone(first.schema()), options)?;
    let (mut read, mut written) = (0, 0);
    for path in files {
        for batch in open(path)?.with_batch_size(8192).build()? {
            let batch = batch?;
            read += batch.num_rows() as u64;
            let due = rows * read / total - written;
            let batch = batch.slice(0, batch.num_rows().min(usize::try_from(due)?));
            written += batch.num_rows() as u64;
            writer.write(&batch)?;
        }
    }
    writer.finish()?;
    let bytes = writer.bytes_written();
    println!(r#"{{"rows":{read},"output_rows":{written},"output_bytes":{bytes},{}}}"#, usage.json()?);
    Ok(())
}

fn properties(input: &ParquetMetaData, inherited: bool) -> Result<WriterProperties, AnyError> {
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(1 << 20));
    if inherited {
        for chunk in input.row_group(0).columns() {
            let dictionary = chunk
                .encodings()
                .any(|encoding| matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY));
            builder = builder.set_column_dictionary_enabled(chunk.column_path().clone(), dictionary);
        }
    }
    Ok(builder.build())
}
