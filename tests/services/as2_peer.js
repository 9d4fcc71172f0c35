// An AS2 party on libas2: one command in, one answer out, both JSON. Bytes travel as base64.
const { AS2Composer, AS2MimeNode, AS2Parser, AS2Disposition } = require('libas2')

const read = async () => {
  const parts = []
  for await (const part of process.stdin) parts.push(part)
  return JSON.parse(Buffer.concat(parts).toString())
}

const entity = async (node) => {
  const whole = await node.build()
  const end = whole.indexOf('\r\n\r\n')
  const head = whole.subarray(0, end).toString('latin1').replace(/\r\n[ \t]+/g, ' ')
  const headers = Object.fromEntries(head.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
  return { headers, content: whole.subarray(end + 4).toString('base64') }
}

const parsed = ({ headers, content }) => {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return AS2Parser.parse(Buffer.concat([Buffer.from(head + '\r\n', 'latin1'), Buffer.from(content, 'base64')]))
}

const agreement = (told) => ({
  host: {
    name: told.them, id: told.them, url: told.url, certificate: told.certificate, privateKey: told.key,
    decrypt: true, sign: told.plain ? false : 'sha-256'
  },
  partner: {
    name: told.us, id: told.us, url: told.url, file: 'EDIFACT', certificate: told.ours,
    encrypt: false, verify: true, mdn: { async: false, signing: 'sha-256' }
  }
})

const commands = {
  // Open what we got, and make the receipt for it.
  async open (told) {
    const node = await parsed(told)
    const { contentNode, dispositionNode, disposition } = await node.dispositionOut({ agreement: agreement(told) })
    const content = contentNode && contentNode.content
    return {
      processed: disposition.notification.disposition.processed,
      content: content ? Buffer.from(content).toString('base64') : '',
      receipt: await entity(dispositionNode)
    }
  },
  // Compose a signed message.
  async compose (told) {
    const composer = new AS2Composer({
      message: {
        content: Buffer.from(told.content, 'base64'), filename: told.filename, contentType: 'application/edifact',
        contentDisposition: `attachment; filename="${told.filename}"`
      },
      agreement: agreement(told)
    })
    return entity(await composer.compile())
  },
  // Verify receipts of ours.
  async receipts (told) {
    return Promise.all(told.receipts.map(async (one) => {
      const disposition = await AS2Disposition.incoming(await parsed(one), { cert: told.ours })
      const { originalMessageId, disposition: what, receivedContentMic } = disposition.notification
      return { messageId: originalMessageId, processed: what.processed, description: what.description || null, mic: receivedContentMic || null }
    }))
  }
}

read().then((told) => commands[told.command](told)).then(
  (answer) => process.stdout.write(JSON.stringify(answer)),
  (error) => { process.stderr.write(String((error && error.stack) || error)); process.exit(1) }
)
