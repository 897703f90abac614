// Reads one file with a reader that is not ours and prints its columns and rows as
// JSON: node read.mjs READER FILE
import { readFileSync } from 'node:fs'

const [reader, path] = process.argv.slice(2)
const bytes = readFileSync(path)

// plain makes what readers return comparable: dates and instants as ISO text, exact
// numbers as text.
function plain (value, type) {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Date) return value.toISOString()
  if (/^(Date|Timestamp)/.test(type) && typeof value === 'number') return new Date(value).toISOString()
  if (/^Decimal/.test(type)) {
    const scale = Number(type.match(/[+-](\d+)\]$/)?.[1] ?? 0)
    const digits = BigInt(typeof value === 'number' ? value : value.toString())
    return (Number(digits) / 10 ** scale).toString()
  }
  if (typeof value === 'object' && typeof value.toArray === 'function') {
    const inner = type.replace(/^List<(.*)>$/, '$1')
    return [...value].map(v => plain(v, inner))
  }
  if (Array.isArray(value)) return value.map(v => plain(v, ''))
  return value
}

async function arrow (ipc) {
  const { tableFromIPC } = await import('apache-arrow')
  const table = tableFromIPC(ipc)
  const fields = table.schema.fields
  const rows = []
  for (const row of table) rows.push(fields.map(f => plain(row[f.name], String(f.type))))
  return {
    columns: fields.map(f => ({ name: f.name, type: String(f.type), definition: f.metadata.get('definition') ?? '' })),
    about: Object.fromEntries(table.schema.metadata), rows
  }
}

const readers = {
  'apache-arrow': () => arrow(bytes),
  'parquet-wasm': async () => {
    const parquet = await import('parquet-wasm/node')
    return arrow(parquet.readParquet(bytes).intoIPCStream())
  },
  hyparquet: async () => {
    const { parquetReadObjects, parquetMetadata } = await import('hyparquet')
    const { compressors } = await import('hyparquet-compressors')
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    const metadata = parquetMetadata(file)
    const names = metadata.schema.slice(1).filter(s => s.repetition_type !== undefined && !['list', 'element'].includes(s.name)).map(s => s.name)
    const objects = await parquetReadObjects({ file, compressors })
    return {
      columns: names.map(name => ({ name })),
      about: Object.fromEntries(metadata.key_value_metadata.map(kv => [kv.key, kv.value])),
      rows: objects.map(o => names.map(name => plain(o[name], '')))
    }
  }
}
process.stdout.write(JSON.stringify(await readers[reader]()))
