"""Documents and questions that were not answered."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from db.models import Audience, DocumentKind, FeedbackStatus, ProductCategory, UserType
from db.schemas.words import Language, Line


class DocumentBody(BaseModel):
    """What is said of a document; its text is the file's."""

    model_config = ConfigDict(extra="forbid")

    title: Line = Field(examples=["Manual de usuario Norvento XP400"])
    kind: DocumentKind = Field(examples=[DocumentKind.USER_MANUAL])
    audience: Audience = Field(description="Least privileged reader", examples=[Audience.CLIENT])
    language: Language = Field(default="es", examples=["es"])
    revision: Line | None = Field(default=None, examples=["2026-03"])
    categories: list[ProductCategory] = Field(
        default_factory=list[ProductCategory], max_length=20, examples=[[ProductCategory.SPLIT]]
    )


class KnowledgeBody(BaseModel):
    """What may be changed of a question that was not answered. Answers have endpoints of their own."""

    model_config = ConfigDict(extra="forbid")

    status: FeedbackStatus = Field(description="pending or dismissed", examples=[FeedbackStatus.DISMISSED])
    language: Language = Field(examples=["es"])
    user_type: UserType = Field(examples=[UserType.CLIENT])
