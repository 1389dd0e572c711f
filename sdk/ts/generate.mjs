// Writes the generated half of this client from a server's OpenAPI document:
//   node generate.mjs [DOCUMENT [FOLDER]]
// DOCUMENT is a file or an address (http://127.0.0.1:8080/openapi.json), FOLDER is src/generated.
import { createClient } from '@hey-api/openapi-ts'
import fs from 'node:fs/promises'

const [document = 'http://127.0.0.1:8080/openapi.json', folder = 'src/generated'] = process.argv.slice(2)

async function read(source) {
  if (!/^https?:/.test(source)) return JSON.parse(await fs.readFile(source, 'utf8'))
  const response = await fetch(source)
  if (!response.ok) throw new Error(`${source} answered ${response.status}`)
  return response.json()
}

// What tells one server from another is not the client's: its address and version. That unknown
// members are ignored is left out too, so that the compiler finds misspelt ones.
function common(spec) {
  delete spec.servers
  delete spec.info.version
  for (const schema of Object.values(spec.components.schemas)) {
    if (schema.properties) delete schema.additionalProperties
  }
  return spec
}

await createClient({
  input: common(await read(document)),
  output: { path: folder, fileName: { suffix: null }, importFileExtension: '.ts' },
  parser: { transforms: { readWrite: false } },
  plugins: [
    { name: '@hey-api/typescript' },
    { name: '@hey-api/sdk', client: false, responseStyle: 'data' },
    { name: '@hey-api/client-fetch', throwOnError: true },
  ],
  logs: { level: 'error', file: false },
})

// The generator's own comments link to other packages: their names are enough.
for (const name of await fs.readdir(folder, { recursive: true })) {
  if (!name.endsWith('.ts')) continue
  const file = `${folder}/${name}`
  await fs.writeFile(file, (await fs.readFile(file, 'utf8')).replaceAll(/\{@link https?:\S+ (`[^`]+`)\}/g, '$1'))
}
