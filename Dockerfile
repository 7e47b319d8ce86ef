# The central API. The console itself is installed where its operators sit.
FROM python:3.12-slim AS built
WORKDIR /src
COPY requirements.txt pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/kiosk \
 && /opt/kiosk/bin/pip install --no-cache-dir --require-hashes -r requirements.txt \
 && /opt/kiosk/bin/pip install --no-cache-dir "hatchling>=1.27" "editables>=0.5"
COPY kiosk kiosk
COPY screens screens
COPY models models
COPY services services
COPY central central
COPY migrations migrations
COPY assets assets
RUN /opt/kiosk/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
# pg_dump and pg_restore, for copies: no older than the server (compose.yaml), so not Debian's own.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates postgresql-common \
 && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
 && apt-get install --yes --no-install-recommends postgresql-client-18 \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --home-dir /var/lib/kiosk --create-home --shell /usr/sbin/nologin kiosk
COPY --from=built /opt/kiosk /opt/kiosk
ENV PATH=/opt/kiosk/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    KIOSK_STATE_DIR=/var/lib/kiosk/state
USER kiosk
VOLUME /var/lib/kiosk
EXPOSE 8321
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8321/readyz', timeout=2)"]
ENTRYPOINT ["kiosk", "central"]
CMD ["serve", "--host", "0.0.0.0", "--workers", "2"]
