# A Baton worker: `docker build -t baton .`, then `docker run --init -e TEMPORAL_ADDRESS=… baton`.
FROM node:20-bookworm-slim AS build
WORKDIR /opt/baton
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build \
  && npm prune --omit=dev --ignore-scripts \
  && rm -rf src scripts tsconfig*.json dist/.tsbuildinfo

# The same image as above: the code caches in dist/sdk count for the Node that made them.
FROM node:20-bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git tini \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /var/lib/baton /workspaces \
  && chown node:node /var/lib/baton /workspaces
COPY --from=build /opt/baton /opt/baton
RUN ln -s /opt/baton/dist/cli/main.js /usr/local/bin/baton
ENV NODE_ENV=production \
  BATON_HOME=/var/lib/baton
USER node
WORKDIR /workspaces
VOLUME ["/var/lib/baton", "/workspaces"]
# tini reaps what tasks leave behind and hands signals to the worker, which ends its tasks in order.
ENTRYPOINT ["tini", "--"]
CMD ["node", "/opt/baton/dist/worker.js"]
