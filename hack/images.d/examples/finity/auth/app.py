"""Users who register and log in, by FastAPI Users; their rows are in PostgreSQL."""

import os
import uuid
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine(os.environ["DATABASE_URL"])
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


class Manager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = os.environ["USERS_RESET_PASSWORD_TOKEN_SECRET"]
    verification_token_secret = os.environ["USERS_VERIFICATION_TOKEN_SECRET"]


async def manager():
    async with sessions() as session:
        yield Manager(SQLAlchemyUserDatabase(session, User))


@asynccontextmanager
async def prepared(_app):
    async with engine.begin() as connection:
        # Each worker comes by here, and one of them makes the table.
        await connection.execute(text("select pg_advisory_xact_lock(1)"))
        await connection.run_sync(Base.metadata.create_all)
    yield


backend = AuthenticationBackend(
    name="jwt",
    transport=BearerTransport(tokenUrl="auth/jwt/login"),
    get_strategy=lambda: JWTStrategy(secret=os.environ["SECRET"], lifetime_seconds=3600),
)
users = FastAPIUsers[User, uuid.UUID](manager, [backend])
app = FastAPI(title="Logins", lifespan=prepared)
app.include_router(users.get_auth_router(backend), prefix="/auth/jwt")
app.include_router(users.get_register_router(schemas.BaseUser[uuid.UUID], schemas.BaseUserCreate), prefix="/auth")


@app.get("/me")
async def me(user: User = Depends(users.current_user())):
    return {"email": user.email}
