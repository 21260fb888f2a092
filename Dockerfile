# One image for every process of the shop; compose.yaml and the Procfile say which to run.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1
WORKDIR /shop

# The shop's packages and no others, at the versions and with the hashes of the lock.
COPY pyproject.toml requirements.lock ./
RUN pip install --no-cache-dir uv && \
    uv pip install --system --no-cache --compile-bytecode \
        -r pyproject.toml --extra production --constraint requirements.lock

COPY sample_app sample_app
COPY gunicorn.conf.py ./

# Nobody who breaks in may change what runs here.
USER nobody
EXPOSE 8000
CMD ["gunicorn", "sample_app:create_app()"]
