from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from picprocure.faces.types import Box
from picprocure.recognition.embeddings import face_context, image_context, reference_context
from picprocure.storage import files, keys
from picprocure.storage.sealing import seal

RAW_BYTES = 512  # of an embedding from before; a sealed one is longer


def seal_what_is_open(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Each row by itself: what was interrupted goes on where it was."""
    references = apps.get_model("recognition", "Reference").objects
    for row in references.all():
        if len(row.embedding) == RAW_BYTES:
            row.embedding = seal(bytes(row.embedding), context=reference_context(row.pk))
            row.save(update_fields=["embedding"])
        if row.image_key.endswith(".jpg"):
            seal_image(row)
    faces = apps.get_model("recognition", "Face").objects
    for face in faces.filter(embedding__isnull=False).iterator(chunk_size=1_000):
        embedding = bytes(face.embedding or b"")
        if len(embedding) == RAW_BYTES:
            box = Box(face.left, face.top, face.right, face.bottom)
            face.embedding = seal(embedding, context=face_context(face.photo_id, box))
            face.save(update_fields=["embedding"])


def seal_image(row) -> None:  # type: ignore[no-untyped-def]
    try:
        with files.open_stored(row.image_key) as stored:
            content = stored.read()
    except FileNotFoundError:
        return
    before, row.image_key = row.image_key, keys.reference_image(row.pk)
    files.store(row.image_key, seal(content, context=image_context(row.pk)))
    row.save(update_fields=["image_key"])
    files.keep(row.image_key)
    files.discard([before])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("recognition", "0005_admitted_as_before"),
        ("storage", "0001_initial"),
    ]

    operations = [migrations.RunPython(seal_what_is_open, migrations.RunPython.noop)]
