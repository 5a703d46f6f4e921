// Calls the whole service with @grpc/grpc-js and prints one line of JSON per rule: {"rule", "error"?}.
//   node client.mjs PROTO_DIR ADDRESS [CA_FILE KEY]     with the two: over TLS, with the key as metadata
// Environment ONLY_RULES: a regular expression, for the rules to run.
// Expects the models breast-cancer (features FP32 [-1,30] -> probabilities FP32 [-1,2]) and slow (takes a while).
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const [protos, address, authority, key] = process.argv.slice(2);
const options = { keepCase: true, longs: Number, defaults: true, oneofs: true, enums: String, includeDirs: [protos] };
const inference = grpc.loadPackageDefinition(loader.loadSync(['grpc_service.proto'], options)).inference;
const channel = { 'grpc.keepalive_time_ms': 20000, 'grpc.keepalive_permit_without_calls': 1, 'grpc.max_receive_message_length': -1 };
const plainText = grpc.credentials.createInsecure();
const withKey = key => grpc.credentials.combineChannelCredentials(
  grpc.credentials.createSsl(readFileSync(authority)),
  grpc.credentials.createFromMetadataGenerator((_, done) => { const m = new grpc.Metadata(); m.set('authorization', `Bearer ${key}`); done(null, m); }));
const credentials = authority ? withKey(key) : plainText;
const client = new inference.GRPCInferenceService(address, credentials, channel);

const call = (method, request, settings = {}) => new Promise((resolve, reject) =>
  client[method](request, new grpc.Metadata(), settings, (error, answer) => error ? reject(error) : resolve(answer)));

const features = Array.from({ length: 30 }, (_, i) => i + 0.5);
const raw = Buffer.from(new Float32Array(features).buffer);
const tensor = (extra = {}) => ({ name: 'features', datatype: 'FP32', shape: [1, 30], ...extra });
const plain = { model_name: 'breast-cancer', inputs: [tensor({ contents: { fp32_contents: features } })] };
const packed = { model_name: 'breast-cancer', inputs: [tensor()], raw_input_contents: [raw] };

const fails = async (code, text, work) => {
  const error = await work().then(() => assert.fail('was answered'), e => e);
  assert.equal(error.code, code, `code ${error.code}: ${error.details ?? error.message}`);
  assert.match(error.details, text);
};

const stream = (requests, settings = {}) => new Promise((resolve, reject) => {
  const answers = [];
  const duplex = client.ModelStreamInfer(new grpc.Metadata(), settings);
  duplex.on('data', a => answers.push(a));
  duplex.on('error', reject);
  duplex.on('end', () => resolve(answers));
  for (const r of requests) duplex.write(r);
  duplex.end();
});

const rules = {
  'ServerLive is live': async () => assert.equal((await call('ServerLive', {})).live, true),
  'ServerReady is ready': async () => assert.equal((await call('ServerReady', {})).ready, true),
  'ModelReady of a loaded model': async () => assert.equal((await call('ModelReady', { name: 'breast-cancer' })).ready, true),
  'ModelReady of an unknown model is false': async () => assert.equal((await call('ModelReady', { name: 'nobody' })).ready, false),
  'ServerMetadata lists extensions': async () => {
    const m = await call('ServerMetadata', {});
    assert.equal(m.name, 'edgeserve');
    assert.ok(m.extensions.includes('binary_tensor_data') && m.extensions.includes('statistics'));
  },
  'ModelMetadata has tensors with a batch dimension': async () => {
    const m = await call('ModelMetadata', { name: 'breast-cancer' });
    assert.deepEqual([m.name, m.versions, m.platform], ['breast-cancer', ['1'], 'onnxruntime_onnx']);
    assert.deepEqual(m.inputs, [{ name: 'features', datatype: 'FP32', shape: [-1, 30] }]);
  },
  'ModelMetadata of an unknown model is NOT_FOUND': () =>
    fails(5, /^Request for unknown model: 'nobody' is not found$/, () => call('ModelMetadata', { name: 'nobody' })),
  'ModelInfer with contents answers raw': async () => {
    const a = await call('ModelInfer', { ...plain, id: 'a-1' });
    assert.deepEqual([a.model_name, a.model_version, a.id], ['breast-cancer', '1', 'a-1']);
    assert.deepEqual(a.outputs.map(o => [o.name, o.datatype, o.shape]), [['probabilities', 'FP32', [1, 2]]]);
    assert.equal(a.raw_output_contents[0].length, 8);
    assert.equal(a.outputs[0].contents, null);
  },
  'ModelInfer with raw contents gives the same': async () => {
    const [a, b] = [await call('ModelInfer', plain), await call('ModelInfer', packed)];
    assert.deepEqual(a.raw_output_contents, b.raw_output_contents);
    assert.equal(b.id, '');
  },
  'ModelInfer answers a batch': async () => {
    const a = await call('ModelInfer', { model_name: 'breast-cancer', inputs: [tensor({ shape: [3, 30] })], raw_input_contents: [Buffer.concat([raw, raw, raw])] });
    assert.deepEqual(a.outputs[0].shape, [3, 2]);
    assert.equal(a.raw_output_contents[0].length, 24);
  },
  'large tensors arrive whole': async () => {
    const big = Buffer.alloc(4000004, 7);
    const request = { model_name: 'identity-uint8', inputs: [{ name: 'input', datatype: 'UINT8', shape: [1, big.length] }], raw_input_contents: [big] };
    assert.ok((await call('ModelInfer', request)).raw_output_contents[0].equals(big));
    assert.ok((await stream([request]))[0].infer_response.raw_output_contents[0].equals(big));
  },
  'ModelInfer with a version number': async () => assert.equal((await call('ModelInfer', { ...plain, model_version: '1' })).model_version, '1'),
  'ModelInfer with an unknown version is NOT_FOUND': () =>
    fails(5, /^Request for unknown model: 'breast-cancer' version 9 is not found$/, () => call('ModelInfer', { ...plain, model_version: '9' })),
  'ModelInfer with a version that is no number is INVALID_ARGUMENT': () => fails(3, /version/, () => call('ModelInfer', { ...plain, model_version: 'x' })),
  'ModelInfer of an unknown model is NOT_FOUND': () =>
    fails(5, /^Request for unknown model: 'nobody' is not found$/, () => call('ModelInfer', { ...plain, model_name: 'nobody' })),
  'contents and raw contents exclude each other': () => fails(3, /contents field must not be specified when using raw_input_contents/, () => call('ModelInfer', { ...plain, raw_input_contents: [raw] })),
  'too many raw contents are refused': () => fails(3, /^unexpected additional input data for model 'breast-cancer'$/, () => call('ModelInfer', { ...packed, raw_input_contents: [raw, raw] })),
  'raw contents of the wrong size are refused': () => fails(3, /features/, () => call('ModelInfer', { ...packed, raw_input_contents: [raw.subarray(4)] })),
  'wrong shape is refused in the protocol\'s words': () =>
    fails(3, /^unexpected shape for input 'features' for model 'breast-cancer'\. Expected \[-1,30\], got \[1,15\]$/,
      () => call('ModelInfer', { ...packed, inputs: [tensor({ shape: [1, 15] })], raw_input_contents: [raw.subarray(60)] })),
  'wrong datatype is refused in the protocol\'s words': () =>
    fails(3, /^inference input 'features' data-type is 'INT32', but model 'breast-cancer' expects 'FP32'$/,
      () => call('ModelInfer', { ...packed, inputs: [tensor({ datatype: 'INT32' })] })),
  'unknown output is refused': () => fails(3, /^unexpected inference output 'zzz' for model 'breast-cancer'$/, () => call('ModelInfer', { ...packed, outputs: [{ name: 'zzz' }] })),
  'reserved parameter is refused': () => fails(3, /triton_/, () => call('ModelInfer', { ...packed, parameters: { triton_x: { int64_param: 1 } } })),
  'classification': async () => {
    const a = await call('ModelInfer', { ...packed, outputs: [{ name: 'probabilities', parameters: { classification: { int64_param: 1 } } }] });
    assert.deepEqual([a.outputs[0].datatype, a.outputs[0].shape], ['BYTES', [1, 1]]);
    const bytes = a.raw_output_contents[0];
    assert.match(bytes.subarray(4, 4 + bytes.readUInt32LE(0)).toString(), /^\d\.\d{6}:[01]:(malignant|benign)$/);
  },
  'a deadline is kept while the model runs': async () => {
    const started = performance.now();
    await fails(4, /./, () => call('ModelInfer', { model_name: 'slow', inputs: [{ name: 'input', datatype: 'INT64', shape: [1], contents: { int64_contents: [2000000000] } }] }, { deadline: Date.now() + 300 }));
    assert.ok(performance.now() - started < 3000);
  },
  'a timeout parameter is kept': () => fails(4, /^Request timeout expired$/, () => call('ModelInfer',
    { model_name: 'slow', parameters: { timeout: { int64_param: 200000 } }, inputs: [{ name: 'input', datatype: 'INT64', shape: [1], contents: { int64_contents: [2000000000] } }] })),
  'a cancelled call is cancelled': () => new Promise((resolve, reject) => {
    const running = client.ModelInfer({ model_name: 'slow', inputs: [{ name: 'input', datatype: 'INT64', shape: [1], contents: { int64_contents: [2000000000] } }] },
      error => error?.code === 1 ? resolve() : reject(error ?? new Error('was answered')));
    setTimeout(() => running.cancel(), 100);
  }),
  'ModelStreamInfer answers each in order': async () => {
    const answers = await stream(['1', '2', '3'].map(id => ({ ...packed, id })));
    assert.deepEqual(answers.map(a => [a.error_message, a.infer_response.id]), [['', '1'], ['', '2'], ['', '3']]);
  },
  'ModelStreamInfer stays open after an error': async () => {
    const answers = await stream([{ ...packed, id: '1' }, { ...packed, id: '2', model_name: 'nobody' }, { ...packed, id: '3' }]);
    assert.deepEqual(answers.map(a => a.error_message), ['', "Request for unknown model: 'nobody' is not found", '']);
    assert.equal(answers[1].infer_response.id, '2');
    assert.equal(answers[2].infer_response.id, '3');
  },
  'ModelConfig': async () => {
    const { config } = await call('ModelConfig', { name: 'breast-cancer' });
    assert.equal(config.name, 'breast-cancer');
    assert.ok(config.max_batch_size > 0);
    assert.deepEqual(config.input.map(i => [i.name, i.data_type, i.dims]), [['features', 'TYPE_FP32', [30]]]);
  },
  'ModelStatistics of one and of all': async () => {
    const one = await call('ModelStatistics', { name: 'breast-cancer' });
    assert.ok(one.model_stats[0].inference_count > 0 && one.model_stats[0].inference_stats.success.count > 0);
    assert.ok((await call('ModelStatistics', {})).model_stats.length > 1);
  },
  'ModelStatistics of an unknown model': () => fails(3, /^requested model 'nobody' is not available$/, () => call('ModelStatistics', { name: 'nobody' })),
  'RepositoryIndex, unload, load': async () => {
    const state = async () => (await call('RepositoryIndex', {})).models.find(m => m.name === 'spare');
    assert.equal((await state()).state, 'READY');
    await call('RepositoryModelUnload', { model_name: 'spare' });
    assert.deepEqual([(await state()).state, (await state()).reason], ['UNAVAILABLE', 'unloaded']);
    assert.ok(!(await call('RepositoryIndex', { ready: true })).models.some(m => m.name === 'spare'));
    await fails(14, /spare/, () => call('ModelInfer', { ...packed, model_name: 'spare' }));
    await call('RepositoryModelLoad', { model_name: 'spare' });
    assert.equal((await state()).state, 'READY');
  },
  'RepositoryModelLoad of an unknown model': () => fails(3, /^failed to load 'nobody'/, () => call('RepositoryModelLoad', { model_name: 'nobody' })),
  'uploads are off': () => fails(7, /uploads are switched off/, () => call('RepositoryModelLoad',
    { model_name: 'spare', parameters: { config: { string_param: '{}' }, 'file:1/model.onnx': { bytes_param: Buffer.from('x') } } })),
  'shared memory status and unregister succeed, register does not': async () => {
    for (const kind of ['System', 'Cuda']) {
      assert.deepEqual((await call(`${kind}SharedMemoryStatus`, {})).regions, {});
      await call(`${kind}SharedMemoryUnregister`, {});
      await fails(3, /shared memory/, () => call(`${kind}SharedMemoryRegister`, { name: 'r' }));
    }
  },
  'TraceSetting and LogSettings show what is in force': async () => {
    assert.deepEqual((await call('TraceSetting', {})).settings.trace_level.value, ['OFF']);
    assert.equal((await call('LogSettings', {})).settings.log_error.bool_param, true);
  },
  'an unknown method is UNIMPLEMENTED': () => new Promise((resolve, reject) => {
    const generic = new grpc.Client(address, credentials);
    generic.makeUnaryRequest('/inference.GRPCInferenceService/Nothing', b => b, b => b, Buffer.alloc(0), error => {
      generic.close();
      error?.code === 12 ? resolve() : reject(error ?? new Error('was answered'));
    });
  }),
  'grpc.health.v1 says SERVING': () => new Promise((resolve, reject) => {
    const generic = new grpc.Client(address, credentials);
    generic.makeUnaryRequest('/grpc.health.v1.Health/Check', b => b, b => b, Buffer.alloc(0), (error, answer) => {
      generic.close();
      error ? reject(error) : resolve(assert.deepEqual([...answer], [8, 1]));
    });
  }),
};

const only = new RegExp(process.env.ONLY_RULES ?? '');
for (const [rule, work] of Object.entries(rules).filter(([rule]) => only.test(rule))) {
  const begun = performance.now(), milliseconds = () => Math.round(performance.now() - begun);
  try {
    await work();
    console.log(JSON.stringify({ rule, milliseconds: milliseconds() }));
  } catch (error) {
    console.log(JSON.stringify({ rule, milliseconds: milliseconds(), error: String(error.details ?? error.message) }));
  }
}
client.close();
