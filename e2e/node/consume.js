// Reads a number of records of a topic with KafkaJS, and their values with Confluent's format and a registry.
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { Kafka, logLevel } from 'kafkajs'

const [brokers, host, topic, want] = process.argv.slice(2)
const registry = new SchemaRegistry({ host })
const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.ERROR })
const consumer = kafka.consumer({ groupId: 'avro-reader' })

// Money is a decimal, which the library leaves as bytes: a whole number of millionths.
const money = (bytes) => Number(BigInt.asIntN(8 * bytes.length, BigInt('0x' + Buffer.from(bytes).toString('hex')))) / 1e6

await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
let got = 0
await new Promise((resolve, reject) => {
  consumer
    .run({
      eachMessage: async ({ message }) => {
        try {
          const row = await registry.decode(message.value)
          console.log(`${row.order_id} ${money(row.amount).toFixed(6)} ${row.campaign}`)
          if (++got === Number(want)) resolve()
        } catch (error) {
          reject(error)
        }
      },
    })
    .catch(reject)
})
await consumer.disconnect()

// The other way: what it registers, it finds again, and an incompatible schema is refused.
const schema = (fields) => JSON.stringify({ type: 'record', name: 'Note', namespace: 'shop', fields })
const { id } = await registry.register({ type: 'AVRO', schema: schema([{ name: 'text', type: 'string' }]) }, { subject: 'notes-value' })
const note = await registry.decode(await registry.encode(id, { text: 'hello' }))
const refused = await registry
  .register({ type: 'AVRO', schema: schema([{ name: 'number', type: 'int' }]) }, { subject: 'notes-value' })
  .then(() => 'taken', (error) => error.message.slice(0, 40))
console.log(`${note.text}; ${refused}`)
