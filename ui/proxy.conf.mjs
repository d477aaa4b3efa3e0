// What goes on from `ng serve` to the server that `make dev` runs (tools/dev.py).

const server = { target: `http://127.0.0.1:${process.env.AURICLE_PORT ?? 8000}` };
const own = `http://127.0.0.1:${process.env.DEV_PORT ?? 4200}`;

export default {
  '/api': server,
  '/v1': server,
  '/health': server,
  '/docs': server,
  '/redoc': server,
  '/static/app': { target: own, pathRewrite: { '^/static/app': '' } },
  '/static': server,
  '/openapi.json': server,
};
