# The image of elasticbot: one program, the libraries that it loads, nothing else.
#
#   docker build -t elasticbot .                        the program on an otherwise empty root, without a shell
#   docker build -t elasticbot:debian --target debian . the same on Debian, to supervise other commands as well
#   docker build -t elasticbot:test --target test . && docker run --rm elasticbot:test    builds and runs all tests
#
# BASE: a Debian 12; give it with a digest for a reproducible build.
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
# First what changes least: the packages stay in the builder's cache.
COPY deploy/setup.sh deploy/
RUN deploy/setup.sh --build
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY src src
RUN cmake --preset release && cmake --build build/release --target elasticbot \
    && llvm-objcopy-19 --only-keep-debug build/release/bin/elasticbot elasticbot.debug \
    && llvm-strip-19 build/release/bin/elasticbot \
    && llvm-objcopy-19 --add-gnu-debuglink=elasticbot.debug build/release/bin/elasticbot

FROM build AS test
COPY . .
CMD ["tests/run.sh"]

FROM ${BASE} AS debian
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq5 libcurl4 libxml2 libssl3 libdate-tz3 zlib1g tzdata \
        ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 elasticbot \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin elasticbot \
    && mkdir /app
COPY --from=build /src/build/release/bin/elasticbot /usr/bin/elasticbot
# Names that older start commands call; the program knows what they mean.
RUN for name in python python3 manage.py gunicorn celery supervisord supervisorctl; do ln -s elasticbot /usr/bin/$name; done
WORKDIR /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["/usr/bin/elasticbot", "healthcheck"]
ENTRYPOINT ["/usr/bin/elasticbot"]
CMD ["up"]

# libxml2 wants ICU, whose 31 MB of tables serve encodings that are never asked for: the program hands over UTF-8, which
# libxml2 reads by itself. Without tables ICU says that it does not know an encoding.
FROM build AS icu
RUN library=$(basename /usr/lib/*-linux-gnu/libicudata.so.??) \
    && echo "const char icudt${library##*.}_dat[64] = {0};" \
    | clang-19 -x c - -shared -nostdlib "-Wl,-soname,$library" -o "$library"

FROM debian AS root
USER 0:0
COPY deploy/image-root.sh /usr/local/sbin/
COPY --from=icu /src/libicudata.so.* /usr/local/lib/without-tables/
RUN /usr/local/sbin/image-root.sh /image /usr/local/lib/without-tables

FROM scratch
ARG VERSION=
ARG REVISION=
ARG CREATED=
ARG SOURCE=
LABEL org.opencontainers.image.title="elasticbot" \
    org.opencontainers.image.description="Process supervisor with the market service that it runs" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.created="${CREATED}" \
    org.opencontainers.image.source="${SOURCE}" \
    org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
COPY --from=root /image/ /
WORKDIR /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["/usr/bin/elasticbot", "healthcheck"]
ENTRYPOINT ["/usr/bin/elasticbot"]
CMD ["up"]
