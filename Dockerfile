FROM node:20-bookworm-slim AS front
WORKDIR /palm
COPY fonts/package*.json fonts/.npmrc fonts/
RUN cd fonts && npm ci
COPY openapi openapi
COPY miniprogram miniprogram
RUN cd miniprogram && npm ci && npm run build:h5

FROM rust:1.95-bookworm AS program
WORKDIR /palm
COPY . .
RUN cargo build --release --bin palm

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --home-dir /srv/palm palm
WORKDIR /srv/palm
COPY --from=program /palm/target/release/palm bin/palm
COPY --from=front /palm/miniprogram/dist/build/h5 miniprogram/dist/build/h5
COPY --from=front /palm/fonts/node_modules/@expo-google-fonts fonts/node_modules/@expo-google-fonts
COPY seeds/units.json seeds/parks.json seeds/
COPY seeds/outlines seeds/outlines
COPY seeds/content seeds/content
USER palm
ENV PALM_BIND=0.0.0.0:8080
EXPOSE 8080
CMD ["bin/palm", "serve"]
