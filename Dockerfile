# The package as npm packs it.
FROM node:24-bookworm-slim AS pack
WORKDIR /source
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm pack --pack-destination /tmp && mkdir /app && tar -xzf /tmp/holdfast-*.tgz -C /app --strip-components=1

# What it needs to run, as the lock says; Node itself is the image's.
FROM node:24-bookworm-slim AS install
COPY --from=pack /app /app
COPY package-lock.json /app/
WORKDIR /app
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/node-linux-* node_modules/node-bin-*

FROM node:24-bookworm-slim
COPY --from=install /app /app
RUN ln -s /app/bin/holdfast /usr/local/bin/holdfast && install -d -o node -g node -m 700 /data
# The user `node` of the image, uid 1000: secrets must be readable to it.
USER node
ENV HOLDFAST_DATA=/data HOLDFAST_CACHE=/tmp/holdfast
VOLUME /data
WORKDIR /data
ENTRYPOINT ["holdfast"]
CMD ["up"]
