# Orderwire: `serve`, `work`, and in the demo profile the NAV simulator, from one image.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/orderwire
ENV PATH=/opt/orderwire/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# The libraries change less often than the code: a layer of their own.
COPY requirements.lock ./
RUN pip install --quiet --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN pip install --quiet --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 orderwire \
    && useradd --uid 10001 --gid orderwire --no-create-home --home-dir /srv/orderwire --shell /usr/sbin/nologin orderwire \
    && install --directory --owner orderwire --group orderwire /srv/orderwire /srv/orderwire/var
COPY --from=build /opt/orderwire /opt/orderwire
COPY --chown=orderwire:orderwire config /srv/orderwire/config
ENV PATH=/opt/orderwire/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ORDERWIRE_CONFIG_DIR=/srv/orderwire/config \
    ORDERWIRE_DATA_DIR=/srv/orderwire/var \
    ORDERWIRE_API__HOST=0.0.0.0
WORKDIR /srv/orderwire
VOLUME /srv/orderwire/var
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/health/live', timeout=4)"]
ENTRYPOINT ["orderwire"]
CMD ["serve"]
